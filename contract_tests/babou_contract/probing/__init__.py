"""Asking a server: what is sent, what came, and how all of it is remembered."""
