"""HubSpot, and typst for PDF files."""
