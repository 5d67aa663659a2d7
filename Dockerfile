# The serving image: no torch, no compiler, not root. Its RUN and CMD lines are the very
# commands tests/packaging runs outside a container.
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY service service
COPY data data
COPY models models
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.12-slim
RUN useradd --create-home --uid 10001 homeward \
    && mkdir /data /keys && chown homeward:homeward /data /keys && chmod 0700 /keys
COPY --from=build /wheels /wheels
RUN python -m pip install --no-cache-dir /wheels/*.whl && rm -r /wheels
USER homeward
ENV HOMEWARD_DATA_DIR=/data HOMEWARD_KEY_FILE=/keys/keys.json
VOLUME ["/data", "/keys"]
EXPOSE 8000
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz')"]
CMD ["homeward", "serve", "--host", "0.0.0.0", "--port", "8000"]
