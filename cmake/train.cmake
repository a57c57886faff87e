# cmake -DMADE=FOLDER -DTRAIN= -DLOGGEN= -DLOGS= -P train.cmake: the training of Profile.cmake. The counts are written to MADE.
file(GLOB old ${MADE}/*.gcda)
if(old)
    file(REMOVE ${old}) # else they would be added to
endif()
foreach(format combined json dense)
    execute_process(COMMAND ${LOGGEN} --format ${format} --bytes 8M --attacks 0.2 --encoded 0.1 --seed 1 --out ${MADE}/${format}.log
        COMMAND_ERROR_IS_FATAL ANY)
    list(APPEND LOGS ${MADE}/${format}.log)
endforeach()
execute_process(COMMAND ${TRAIN} ${LOGS} COMMAND_ERROR_IS_FATAL ANY)
file(TOUCH ${MADE}/trained.h)
