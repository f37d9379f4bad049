"""What the contract and end-to-end tests stand on: real servers, clients for REST and gRPC, test models."""
