"""Pure numbers: retrieve, score, calibrate, diversify, explain, measure."""
