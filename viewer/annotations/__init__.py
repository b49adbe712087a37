"""What people draw in the viewer, as data: see docs/annotations.md for the contract.

`values`, `measuring`, `regions` and `slices` are pure; the rest has the names that every app has.
"""
