"""What mails and notices say, and the pages of orders."""
