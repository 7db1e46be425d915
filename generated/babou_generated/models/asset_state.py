from enum import StrEnum


class AssetState(StrEnum):
    ERROR = "error"
    FAILED = "failed"
    PROCESSING = "processing"
    READY = "ready"
    UPLOADING = "uploading"

    def __str__(self) -> str:
        return str(self.value)
