"""A deferred sensor for each id that a run of the DAG is given; what Airflow's processes read."""

from airflow.sdk import DAG, Param, task

from babou.integrations.airflow import BabouAssetSensor

with DAG("waits", schedule=None, params={"ids": Param([], type="array")}):

    @task
    def ids(params):
        return params["ids"]

    BabouAssetSensor.partial(task_id="wait", deferrable=True, poke_interval=10).expand(
        asset_id=ids()
    )
