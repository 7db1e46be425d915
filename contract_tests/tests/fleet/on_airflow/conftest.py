"""Airflow as it is installed: database, API, scheduler and triggerer, each a process of its own."""

import json
import os
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import httpx
import pytest

AIRFLOW = str(Path(sys.executable).parent / "airflow")
COMMANDS = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
    "triggerer": ["triggerer", "--skip-serve-logs"],
}


class Airflow:
    """A small installation in a folder."""

    def __init__(self, home, environment):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.home = home
        self.dags = home / "dags"
        self.environment = environment | {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
            "AIRFLOW__CORE__FERNET_KEY": "",  # what is in the database can be read
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "4",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
            "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
            "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "5",
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "DO_NOT_TRACK": "1",
            "SCARF_ANALYTICS": "false",
        }
        self._running = {}

    def run(self, *command):
        """Run a command to its end."""
        subprocess.run([AIRFLOW, *command], env=self.environment, check=True, capture_output=True)

    def start(self, service):
        """Start a service in a group of processes of its own."""
        with (self.home / f"{service}.log").open("ab") as log:
            self._running[service] = subprocess.Popen(
                [AIRFLOW, *COMMANDS[service]],
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, service):
        """End a service and its children at once, with kill -9."""
        process = self._running.pop(service)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def answers(self):
        """Tell whether the API server answers; workers give up where it does not."""
        try:
            return httpx.get(f"{self.url}/api/v2/version", trust_env=False).is_success
        except httpx.TransportError:
            return False

    def rows(self, query, *values):
        """Return what the database says."""
        with closing(sqlite3.connect(self.home / "airflow.db", timeout=30)) as database:
            return database.execute(query, values).fetchall()

    def tasks(self, dag="waits"):
        """Return the state and the number of tries of each task, by name and place."""
        query = "select task_id, map_index, state, try_number from task_instance where dag_id = ?"
        return {
            (name, place): (state, tries) for name, place, state, tries in self.rows(query, dag)
        }

    def result(self, task, dag="waits"):
        """Return what a task has returned."""
        query = "select value from xcom where dag_id = ? and task_id = ? and key = 'return_value'"
        value = json.loads(self.rows(query, dag, task)[0][0])
        return json.loads(value) if isinstance(value, str) else value

    def kept(self):
        """Return all that it wrote: the database, the logs of services and of tasks."""
        return b"".join(path.read_bytes() for path in self.home.rglob("*") if path.is_file())

    def close(self):
        for service in list(self._running):
            self.kill(service)


@pytest.fixture
def airflow(tmp_path, environment, server):
    connection = {"conn_type": "babou", "password": server.api_key, "host": server.base_url}
    environment = environment | {"AIRFLOW_CONN_BABOU_DEFAULT": json.dumps(connection)}
    installed = Airflow(tmp_path / "airflow", environment)
    installed.dags.mkdir(parents=True)
    installed.run("db", "migrate")
    yield installed
    installed.close()
