# The mock server: docker build -t babou-mock . && docker run --rm -p 8000:8000 babou-mock
# Options of `babou mock` follow the image's name, for instance --api-key sk-bab-test --admin.
FROM python:3.13-slim
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY openapi openapi
COPY wrapper/babou wrapper/babou
COPY generated/babou_generated generated/babou_generated
COPY contract_tests/babou_contract contract_tests/babou_contract
RUN pip install --no-cache-dir '.[cli,testing]'
WORKDIR /
USER 65534
EXPOSE 8000
ENTRYPOINT ["babou", "mock", "--host", "0.0.0.0", "--port", "8000"]
