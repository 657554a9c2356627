"""The pages of the playground, and what their forms do."""
