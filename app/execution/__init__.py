"""Container images, jobs and the executors that run them."""
