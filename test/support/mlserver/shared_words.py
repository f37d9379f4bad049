"""What models of several folders import."""

NAME = "aged"
