/*
 * Makes LMDB environments that the lmdb plugin has to refuse; built with the plugin's own keys.c.
 *   environment newer|foreign FOLDER
 */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int main(int count, char **arguments)
{
    MDB_env *env;
    MDB_txn *txn;
    MDB_dbi dbi;
    int newer = count == 3 && strcmp(arguments[1], "newer") == 0;
    uint8_t bytes[HEADER];
    MDB_val name = {2, (uint8_t[]){TAG_OWN, newer ? 'f' : 'x'}}, data = {HEADER, bytes};
    header_write(bytes, TYPE_FORMAT, FORMAT + 1, name, NULL, 0);
    mkdir(arguments[2], 0700);
    if (mdb_env_create(&env) != 0 || mdb_env_open(env, arguments[2], 0, 0600) != 0 || mdb_txn_begin(env, NULL, 0, &txn) != 0 ||
        mdb_dbi_open(txn, NULL, 0, &dbi) != 0 || mdb_put(txn, dbi, &name, &data, 0) != 0 || mdb_txn_commit(txn) != 0) {
        return 1;
    }
    mdb_env_close(env);
    return 0;
}
