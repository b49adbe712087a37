FROM --platform=linux/amd64 python:3.11-slim
RUN groupadd --system user && useradd --system --create-home --gid user user
WORKDIR /opt/app
COPY requirements.txt .
RUN python -m pip install --no-cache-dir --require-hashes --requirement requirements.txt
COPY . .
USER user
ENTRYPOINT ["python", "-m", "demo.containers.evaluation.evaluate"]
