"""The words of mails, and what messages in Slack are put together from."""
