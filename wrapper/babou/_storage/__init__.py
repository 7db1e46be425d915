"""Where the bytes of a download go to: parts, which are hidden, and then files."""
