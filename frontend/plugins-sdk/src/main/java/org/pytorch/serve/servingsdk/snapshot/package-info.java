/** Where snapshots are kept. */
package org.pytorch.serve.servingsdk.snapshot;
