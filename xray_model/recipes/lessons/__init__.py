"""Lessons: short declarations of experiments that run live. One module each; `catalogue.py` lists them."""
