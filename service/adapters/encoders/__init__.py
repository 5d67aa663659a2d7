"""Encoders: ONNX Runtime for the hot path, sentence-transformers for every other model."""
