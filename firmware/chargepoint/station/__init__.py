"""The functional blocks of the charging station, in the vocabulary of OCPP 2.0.1."""
