"""Measurements that are made by hand or by night, each a module with a ``main``."""
