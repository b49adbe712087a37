"""What runs inside the demo's evaluation container."""
