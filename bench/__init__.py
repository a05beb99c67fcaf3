"""Measures Gatepost beside what the machine could do at best; figures are compared within one run."""
