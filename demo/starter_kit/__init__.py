"""What a starter kit of a challenge brings along to begin with."""
