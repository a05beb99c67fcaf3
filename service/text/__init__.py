"""What a text says: folding, profanity, phrases, links, and Markdown as safe HTML."""
