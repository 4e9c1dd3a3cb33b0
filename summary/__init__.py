"""What a run spends, who owns what afterwards, and what it destroys: the first and last screen of every command."""
