"""Small modules for the book Every Pixel, one for each chapter."""

__version__ = "0.1.0"
