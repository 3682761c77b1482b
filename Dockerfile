# The app as an image: docker build -t xray-lab . && docker run --read-only --tmpfs /tmp -p 8501:8501 xray-lab
# docs/hosting/container.md says more.
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
WORKDIR /build
COPY requirements.txt .
# TensorFlow's headers, 290 MB, are for building on it only.
RUN pip install -r requirements.txt && rm -rf /usr/local/lib/python3.12/site-packages/tensorflow/include
COPY . .
RUN pip install --no-deps . && rm -rf /build/*

# Not root. Home is in /tmp, the one folder that is written to: runs, drawn phantoms, Keras' downloads. A volume at /runs
# belongs to the same user; XRAY_RUNS_DIR=/runs puts runs there instead.
RUN useradd --uid 10001 --no-create-home --home-dir /tmp xray && install --directory --owner xray /runs
USER 10001
ENV HOME=/tmp
WORKDIR /tmp

EXPOSE 8501
HEALTHCHECK --start-period=60s --interval=30s --timeout=5s \
    CMD ["python", "-c", "import urllib.request as web; web.urlopen('http://localhost:8501/_stcore/health', timeout=4)"]
CMD ["xray-lab", "app", "--address", "0.0.0.0", "--port", "8501"]
