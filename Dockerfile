# nnexpr on a GPU box: torch brings its own CUDA, so the host needs a driver and the NVIDIA container toolkit only.
#
#   docker build -t nnexpr .
#   docker run --rm -it --gpus all -v nnexpr:/data nnexpr                              the explorer
#   docker run --rm --gpus all -v nnexpr:/data -v "$PWD:/work" nnexpr fit --target csv:data.csv --device cuda
#   docker run --rm --gpus all -v nnexpr:/data -p 127.0.0.1:8000:8000 nnexpr serve --host 0.0.0.0
#
# Runs and compiled loops are kept in the volume at /data. Without a GPU all but --device cuda works as well.
FROM python:3.13-slim

RUN useradd --create-home --uid 1000 nnexpr && install -d -o 1000 -g 1000 /data /work
WORKDIR /opt/nnexpr

# What changes seldom comes first, so that a change of the code does not install torch again.
COPY constraints.txt pyproject.toml README.md LICENSE ./
COPY nnexpr/__init__.py nnexpr/__init__.py
COPY nnexpr_tui/__init__.py nnexpr_tui/__init__.py
RUN pip install --no-cache-dir -c constraints.txt '.[web,plots,cluster,parquet,onnx]' && pip uninstall --yes nnexpr-tui

COPY nnexpr nnexpr
COPY nnexpr_tui nnexpr_tui
RUN pip install --no-cache-dir --no-deps .

USER 1000:1000
WORKDIR /work
ENV NNEXPR_STORE=/data/runs \
    NUMBA_CACHE_DIR=/data/compiled \
    LANG=C.UTF-8 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
VOLUME /data
EXPOSE 8000
ENTRYPOINT ["nnexpr-tui"]
