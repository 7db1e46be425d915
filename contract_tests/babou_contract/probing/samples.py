"""A whole file of each documented type, as small as its format allows, for bodies of requests.

A server may look whether bytes are of their type, and refuse what it cannot read. Each file but the
SVG was decoded with FFmpeg's libraries, with which the videos and the sounds were made as well.
"""

from importlib import resources

_NAMES = {
    "image/png": "image.png",  # each image is one pixel; the first file is sent where one will do
    "image/jpeg": "image.jpeg",
    "image/gif": "image.gif",
    "image/webp": "image.webp",
    "image/svg+xml": "image.svg",
    "video/mp4": "video.mp4",  # one black frame of 16 x 16, H.264
    "video/quicktime": "video.mov",  # the same, with the mark of QuickTime
    "video/x-msvideo": "video.avi",  # one such frame as JPEG, which AVI can hold
    "video/webm": "video.webm",  # one such frame, VP8: WebM has no H.264
    "audio/mpeg": "audio.mp3",  # four frames of silence: some readers take fewer for noise
    "audio/wav": "audio.wav",  # one sample of silence
    "audio/ogg": "audio.ogg",  # 20 ms of silence, Opus: Vorbis needs tables of kilobytes
    "audio/aac": "audio.aac",  # the same, in ADTS
}
_FOLDER = resources.files("babou_contract") / "data" / "samples"

SAMPLES = {media: (_FOLDER / name).read_bytes() for media, name in _NAMES.items()}
BINARY = SAMPLES["image/gif"]  # where any bytes are right
