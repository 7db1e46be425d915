"""Describe the connection type to Airflow, by the entry point `apache_airflow_provider`.

Airflow loads this at each start, so it imports nothing.
"""

from __future__ import annotations


def get_provider_info() -> dict[str, object]:
    """Return the description of this provider (Airflow's provider_info.schema.json)."""
    return {
        "package-name": "babou",
        "name": "Babou",
        "description": "Waits for assets of Babou's API.",
        "sensors": [
            {"integration-name": "Babou", "python-modules": ["babou.integrations.airflow"]}
        ],
        "connection-types": [
            {
                "hook-class-name": "babou.integrations.airflow.BabouHook",
                "hook-name": "Babou",
                "connection-type": "babou",
                "ui-field-behaviour": {
                    "hidden-fields": ["login", "port", "schema", "extra"],
                    "relabeling": {"password": "API key", "host": "Base URL"},
                    "placeholders": {"password": "sk-bab-…", "host": "https://api.babou.ai"},
                },
            }
        ],
    }
