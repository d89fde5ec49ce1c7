"""The parts of a project's page, one file each: values in, markup out. They read no file and compute no figure."""
