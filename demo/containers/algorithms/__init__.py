"""What runs inside the demo's algorithm containers: numpy and scipy alone."""
