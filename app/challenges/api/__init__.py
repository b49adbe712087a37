"""The API of challenges, phases, submissions and evaluations."""
