"""The bundled English encoder: all-MiniLM-L6-v2 as an int8 ONNX artifact."""
