"""What stands on the leaderboards of phases, and how: places, columns, plans, files, plots."""
