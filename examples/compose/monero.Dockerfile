# monerod and monero-wallet-rpc of Debian.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install --yes --no-install-recommends monero && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home monero && install -d -o monero -g monero /data /wallets
USER monero
