"""Shows results to people: tables for the terminal; untrusted text is cleaned on its way there."""
