# The image of the funding job (platform.images.topUp): the on-chain part of this program, without Pulumi.
# How to build it, and what the job does: docs/operations.md#keep-nodes-funded.
FROM docker.io/library/python:3.11-slim
COPY requirements-job.txt /program/
RUN pip install --no-cache-dir --require-hashes --requirement /program/requirements-job.txt
COPY config /program/config
COPY identity /program/identity
WORKDIR /program
ENV PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
ENTRYPOINT ["python", "-m", "identity", "top-up"]
