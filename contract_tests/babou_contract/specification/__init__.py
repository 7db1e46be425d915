"""What the specification says: its operations, schemas, places, and values made from them."""
