"""Implementations of the ports. They import ports, domain and third parties, nothing else."""
