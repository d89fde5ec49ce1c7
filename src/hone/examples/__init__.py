"""What is learnt from: conversations with replies, how they are read, chosen, split and made into tokens."""
