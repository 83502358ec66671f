"""A local Slack: the Web API methods the product uses, a page to read and press buttons, faults on demand."""
