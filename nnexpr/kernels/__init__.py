"""What compiled functions of training and of counting are both made of."""
