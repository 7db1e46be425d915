"""Files: a download is written to a hidden part first; an upload is read piece by piece."""
