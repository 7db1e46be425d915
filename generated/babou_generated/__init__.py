"""The operations and models of the specification; import them from their modules."""
