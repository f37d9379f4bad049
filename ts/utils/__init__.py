"""Small tools for handlers."""
