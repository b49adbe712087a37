FROM --platform=linux/amd64 python:3.11-slim
RUN groupadd --system user && useradd --system --create-home --gid user user
WORKDIR /opt/app
COPY . .
USER user
ENTRYPOINT ["python", "evaluate.py"]
