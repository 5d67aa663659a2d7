"""The work-tuned encoder: all-MiniLM-L6-v2, taught what people say and listings ask."""
