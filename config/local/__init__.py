"""One machine's portal: private servers, container engine, front end and supervisor."""
