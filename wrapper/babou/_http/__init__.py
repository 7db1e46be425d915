"""How requests are sent: one transport, synchronous and asynchronous, over httpcore.

| module | what is in it |
|---|---|
| `transport` | what a transport is; the limits that all transports share |
| `sync`, `aio` | the transports that a client makes for itself, and their streams: TCP, TLS |
| `connections` | what both know of a connection: the pool, the request, the bytes of an answer |
| `network` | what both know of sockets: connecting, TLS in memory, answers that come early |
| `environment` | the environment's proxies and certificates |
| `caller` | the transports over an httpx client of the caller's |
| `s3` | fetching `s3://` with boto3 |
| `errors` | makes errors of ours from what transports raise; removes the API key |
| `budget`, `redis_budget` | one rate for many clients |
| `runner`, `async_runner` | what drives the flows, and moves the bytes of files |
"""
