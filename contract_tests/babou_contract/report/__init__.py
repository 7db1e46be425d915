"""What a run leaves behind for a person and for other programs: files, annotations, a summary.

| module | what is in it |
|---|---|
| `_write` | all files at once, or none: rendered, then put in their places |
| `_junit` | `junit.xml` |
| `_html` | `report.html`, with the templates beside it |
| `_bodies`, `_timeline` | what the page shows of a body, and of everything that was sent |
| `_words` | the words for outcomes and failures |
| `as_json`, `publishing` | values as JSON has them; who is told |
| `annotations` | what GitHub shows on the commit and on the run's page |
"""

from babou_contract.report._write import write_reports

__all__ = ["write_reports"]
