"""What people said of which reply: the store that keeps it, and Hone's own files in and out of it."""
